-- Moves an entry to the dead letters and acknowledges it, in one step.
-- KEYS: 1 stream  2 retries  3 running  4 dead letters
-- ARGV: 1 group  2 consumer  3 entry id  4 delivery count  5 event id or ''  6 reason  7 error  8 now, ISO 8601  9 dead letters kept
-- Returns the id of the dead letter, or nil when another delivery has taken the entry over.
local group, id = ARGV[1], ARGV[3]
local p = redis.call('XPENDING', KEYS[1], group, id, id, 1)
if not p[1] or p[1][2] ~= ARGV[2] or p[1][4] ~= tonumber(ARGV[4]) then return false end
local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
local fields = {}
-- One call takes some thousand words: of an entry with more the first are kept.
for at, word in ipairs(entry and entry[2] or {}) do
  if at > 4000 then break end
  fields[at] = word
end
for _, word in ipairs({
  'x-stream', KEYS[1], 'x-entry', id, 'x-group', group, 'x-consumer', ARGV[2], 'x-deliveries', ARGV[4],
  'x-reason', ARGV[6], 'x-error', ARGV[7], 'x-time', ARGV[8],
}) do fields[#fields + 1] = word end
local letter = redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[9], '*', unpack(fields))
redis.call('XACK', KEYS[1], group, id)
redis.call('ZREM', KEYS[2], id)
if ARGV[5] ~= '' then redis.call('HDEL', KEYS[3], ARGV[5]) end
return letter
