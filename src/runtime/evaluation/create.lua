-- Makes the record of an evaluation that waits; one that is there is kept as it is.
-- KEYS: 1 record   ARGV: 1 JSON of its facts  2 ms for which it is kept
-- Returns 1 when it was made, 0 when it was there.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'status', 'queued', 'seq', 1, 'attempts', 0, 'queued', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
