-- Puts jobs that a worker leaves unfinished back to the head of the queue.
-- KEYS 1 wait list  2 active list  3 marker
-- ARGV 1 prefix of the queue's jobs  2 lock token, then the ids
for at = 3, #ARGV do
  local id = ARGV[at]
  if redis.call('GET', ARGV[1] .. id .. ':lock') == ARGV[2] then
    redis.call('DEL', ARGV[1] .. id .. ':lock')
    redis.call('LREM', KEYS[2], -1, id)
    redis.call('RPUSH', KEYS[1], id)
  end
end
if redis.call('LLEN', KEYS[1]) > 0 then redis.call('ZADD', KEYS[3], 0, '0') end
