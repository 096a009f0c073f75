-- Adds jobs to the end of a queue, laid out as BullMQ lays them out; one whose id is there already is left as it is.
-- KEYS 1 wait list  2 marker
-- ARGV 1 prefix of the queue's jobs, such as `job:encoder_in:`  2 now in ms  3 options as JSON, then for each job: id, data
local added = 0
for at = 4, #ARGV, 2 do
  local id, data = ARGV[at], ARGV[at + 1]
  local job = ARGV[1] .. id
  if redis.call('EXISTS', job) == 0 then
    redis.call('HSET', job, 'name', 'job', 'data', data, 'opts', ARGV[3], 'timestamp', ARGV[2], 'delay', 0, 'priority', 0)
    redis.call('LPUSH', KEYS[1], id)
    added = added + 1
  end
end
if added > 0 then redis.call('ZADD', KEYS[2], 0, '0') end
return added
