-- Notes that it has been told that an evaluation waits. Makes no record: one without an end would stay for ever.
-- KEYS: 1 record
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HSET', KEYS[1], 'told', 1) end
return 0
