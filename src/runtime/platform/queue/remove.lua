-- Removes a job unless a worker holds it.
-- KEYS 1 wait list  2 the job  3 its lock
-- ARGV 1 id
-- Returns 1 when it was removed.
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('LREM', KEYS[1], 0, ARGV[1])
return redis.call('DEL', KEYS[2])
