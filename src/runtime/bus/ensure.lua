-- Makes a group where it is missing. A group that was lost goes on where everything was settled.
-- KEYS: 1 stream  2 state  3 retries   ARGV: 1 group  2 where a new group begins: an entry id or '$'
-- Returns where the group that was made begins; nil when it was there.
local function record(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local function compare(a, b)
  local ms, seq = string.match(a, '^(%d+)-(%d+)$')
  local ms2, seq2 = string.match(b, '^(%d+)-(%d+)$')
  local difference = tonumber(ms) - tonumber(ms2)
  return difference ~= 0 and difference or tonumber(seq) - tonumber(seq2)
end

local start, removed = ARGV[2], 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if record(list).name == ARGV[1] then return false end
  end
  local stream = record(redis.call('XINFO', 'STREAM', KEYS[1]))
  removed = (stream['entries-added'] or stream.length) - stream.length
  local floor = redis.call('HGET', KEYS[2], 'floor')
  if floor and compare(floor, stream['last-generated-id']) <= 0 then
    start = floor
  elseif floor then
    redis.call('DEL', KEYS[2]) -- of a stream that is no more
  end
else
  redis.call('DEL', KEYS[2])
end
redis.call('DEL', KEYS[3]) -- of entries that are pending no more
redis.call('HDEL', KEYS[2], 'removed', 'missed') -- counted of the group that is no more
if start == '0' then
  -- What is gone counts as read, so that the lag is right and nothing counts as lost.
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM', 'ENTRIESREAD', removed)
else
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM')
end
return start
