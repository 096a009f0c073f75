-- Ends an evaluation that waits; of one that runs, notes that it is to be ended.
-- KEYS: 1 record   ARGV: 1 seq of an end  2 JSON of the end  3 ms for which the record is kept
-- Returns 'unknown', 'ended' (before), 'cancelled' (now) or 'requested'.
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return 'unknown' end
if status == 'running' then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 'requested'
end
if status ~= 'queued' then
  -- The same end: the reply was lost, and this is sent again.
  return redis.call('HGET', KEYS[1], 'ended') == ARGV[2] and 'cancelled' or 'ended'
end
redis.call('HSET', KEYS[1], 'status', 'cancelled', 'seq', ARGV[1], 'ended', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'cancelled'
