-- Renews the locks of jobs under way.
-- KEYS 1 wait list of the queue, which leads the call to its slot
-- ARGV 1 prefix of the queue's jobs  2 lock token  3 lock duration in ms, then the ids
-- Returns the ids of jobs that this worker no longer holds.
local lost = {}
for at = 4, #ARGV do
  local lock = ARGV[1] .. ARGV[at] .. ':lock'
  if redis.call('GET', lock) == ARGV[2] then
    redis.call('PEXPIRE', lock, ARGV[3])
  else
    lost[#lost + 1] = ARGV[at]
  end
end
return lost
