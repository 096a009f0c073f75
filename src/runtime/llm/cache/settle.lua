-- Keeps an answer, if there is one, and gives the lock back, if it is still the owner's. In one step, so that whoever
-- finds the lock free finds the answer too.
-- KEYS 1 cached answer  2 lock of its making
-- ARGV 1 owner's token  2 answer or ''  3 life of the answer in ms
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
