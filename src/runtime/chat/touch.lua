-- Keeps a run's stream alive while its job waits or works without writing.
-- KEYS 1 chat stream   ARGV 1 run  2 attempt, or ''  3 ttl in ms
-- Returns alive | gone | ended | superseded
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not last then return 'gone' end
local e = {}
for i = 1, #last[2], 2 do e[last[2][i]] = last[2][i + 1] end
if e.run ~= ARGV[1] then return 'superseded' end
if e.kind == 'done' or e.kind == 'error' then return 'ended' end
if ARGV[2] ~= '' and tonumber(ARGV[2]) < (tonumber(e.attempt) or 0) then return 'superseded' end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'alive'
