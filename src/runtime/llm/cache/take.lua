-- The cached answer, or the right to ask the provider for it.
-- KEYS 1 cached answer  2 lock of its making
-- ARGV 1 owner's token  2 lease in ms
-- Returns {'hit', answer}, {'won'} or {'held'}
local answer = redis.call('GET', KEYS[1])
if answer then return { 'hit', answer } end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return { 'won' } end
return { 'held' }
