-- Keeps a lock that is still the owner's.
-- KEYS 1 lock
-- ARGV 1 owner's token  2 lease in ms
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
