-- Writes the reply to a request; a reply to the same request that is there already is replaced.
-- KEYS: 1 response stream   ARGV: 1 time to live, in ms  then fields and values in turn
local id = redis.call('XADD', KEYS[1], 'MAXLEN', 1, '*', unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', KEYS[1], id)
return id
