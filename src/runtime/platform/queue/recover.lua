-- Puts jobs back to the head of the queue whose worker no longer renews their locks. A job is locked in the step that
-- takes it, so that one without a lock has no worker.
-- KEYS 1 wait list  2 active list  3 marker  4 stalled-check, which lets one worker look per interval
-- ARGV 1 prefix of the queue's jobs  2 interval in ms
-- Returns the ids.
if not redis.call('SET', KEYS[4], '1', 'PX', ARGV[2], 'NX') then return {} end
local back = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', ARGV[1] .. id .. ':lock') == 0 then
    redis.call('LREM', KEYS[2], -1, id)
    if redis.call('EXISTS', ARGV[1] .. id) == 1 then
      redis.call('HINCRBY', ARGV[1] .. id, 'stc', 1)
      redis.call('RPUSH', KEYS[1], id)
      back[#back + 1] = id
    end
  end
end
if #back > 0 then redis.call('ZADD', KEYS[3], 0, '0') end
return back
