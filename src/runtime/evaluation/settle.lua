-- Shortens the life of a record whose evaluation has ended.
-- KEYS: 1 record   ARGV: 1 ms for which it is still kept
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'queued' or status == 'running' then return 0 end
if redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[1]) then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
