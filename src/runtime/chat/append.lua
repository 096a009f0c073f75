-- Appends one entry to a run, fenced and exactly once.
-- Entry ids are not taken from the clock: an entry has the id of its predecessor plus one, so that a
-- message written again, by a retry or after Redis lost its last second, has the id it had before and a
-- client's cursor keeps its meaning.
-- KEYS 1 chat stream
-- ARGV 1 run  2 attempt, or '' for an outsider's end  3 seq, or '' for the next one  4 kind  5 data  6 ttl in ms
--      7 largest data in bytes that is published with the entry; of larger ones only the id is
-- Returns { status, seq of the newest entry }; status is one of
--   written | duplicate (this seq is there) | behind (an earlier seq is missing) |
--   gone (no stream) | ended | superseded (another run, or a later attempt has written)
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not last then return { 'gone', -1 } end
local e = {}
for i = 1, #last[2], 2 do e[last[2][i]] = last[2][i + 1] end
local newest, attempt = tonumber(e.seq) or -1, tonumber(e.attempt) or 0
if e.run ~= ARGV[1] then return { 'superseded', newest } end
if e.kind == 'done' or e.kind == 'error' then return { 'ended', newest } end
if ARGV[2] ~= '' and tonumber(ARGV[2]) < attempt then return { 'superseded', newest } end
local seq = ARGV[3] == '' and newest + 1 or tonumber(ARGV[3])
if seq <= newest then return { 'duplicate', newest } end
if seq > newest + 1 then return { 'behind', newest } end
local ms, n = string.match(last[1], '^(%d+)-(%d+)$')
local id = ms .. '-' .. string.format('%d', tonumber(n) + 1)
local by = ARGV[2] == '' and attempt or ARGV[2]
redis.call('XADD', KEYS[1], id, 'data', ARGV[5], 'kind', ARGV[4], 'seq', seq, 'run', ARGV[1], 'attempt', by)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if #ARGV[5] > tonumber(ARGV[7]) then
  redis.call('PUBLISH', KEYS[1], id)
else
  redis.call('PUBLISH', KEYS[1], cjson.encode({ id, last[1], 'data', ARGV[5], 'kind', ARGV[4],
    'seq', string.format('%d', seq), 'run', ARGV[1], 'attempt', tostring(by) }))
end
return { 'written', seq }
