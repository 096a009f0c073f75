-- Adds entries to a stream, each behind the last one it has, or under the id it had.
-- KEYS[1] stream
-- ARGV[1] '1' to keep ids; then for each entry: its id, the number of its words, and its words (field, value, …)
-- Returns how many were added, and how many were not because the stream has that id, or a later one, already.
local keep = ARGV[1] == '1'
local last = { '0', '0' }

local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return { ms, seq }
end

-- Numbers of 64 bits are more than a number of Lua holds exactly: longer ones are larger, equal lengths compare as text.
local function greater(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

local function after(a, b)
  if a[1] ~= b[1] then return greater(a[1], b[1]) end
  return greater(a[2], b[2])
end

if keep and redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = parts(info[i + 1]) end
  end
end

local added, skipped = 0, 0
local at = 2
while at <= #ARGV do
  local id, words = ARGV[at], tonumber(ARGV[at + 1])
  if keep and not after(parts(id), last) then
    skipped = skipped + 1
  else
    redis.call('XADD', KEYS[1], keep and id or '*', unpack(ARGV, at + 2, at + 1 + words))
    if keep then last = parts(id) end
    added = added + 1
  end
  at = at + 2 + words
end
return { added, skipped }
