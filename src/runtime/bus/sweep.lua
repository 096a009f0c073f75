-- Takes over what is due or abandoned, and keeps the group's books.
-- KEYS: 1 stream  2 retries  3 handled  4 running  5 state  6 losses
-- ARGV: 1 group  2 consumer  3 idle time after which an entry counts as abandoned, in ms  4 entries wanted  5 cursor
--       6 now, in ms  7 handled events to remember since, in ms  8 and how many of them
-- Returns { next cursor, { { entry id, fields, delivery count }, .. }, entries found trimmed, due time of the next retry or '' }.
local group, consumer, want, now = ARGV[1], ARGV[2], tonumber(ARGV[4]), ARGV[6]
local taken, gone, seen = {}, 0, {}

local function take(id, deliveries)
  seen[id] = true
  redis.call('ZREM', KEYS[2], id)
  local entry = redis.call('XCLAIM', KEYS[1], group, consumer, 0, id)[1]
  if entry then
    taken[#taken + 1] = { id, entry[2], deliveries + 1 }
  else
    redis.call('XACK', KEYS[1], group, id)
    gone = gone + 1
  end
end

if want > 0 then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, want)) do
    local p = redis.call('XPENDING', KEYS[1], group, id, id, 1)
    if p[1] then take(id, p[1][4]) else redis.call('ZREM', KEYS[2], id) end
  end
end

local cursor, PAGE = ARGV[5], 100
if #taken < want then
  local page = redis.call('XPENDING', KEYS[1], group, 'IDLE', ARGV[3], cursor, '+', PAGE)
  for _, p in ipairs(page) do
    if #taken >= want then break end
    cursor = '(' .. p[1]
    -- What waits for its retry is idle too, but not abandoned.
    if not seen[p[1]] and not redis.call('ZSCORE', KEYS[2], p[1]) then take(p[1], p[4]) end
  end
  if #page < PAGE and #taken < want then cursor = '-' end
end

redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[7])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - tonumber(ARGV[8]))

local function record(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local function before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if seq ~= '0' then return ms .. '-' .. string.format('%.0f', tonumber(seq) - 1) end
  return string.format('%.0f', tonumber(ms) - 1) .. '-18446744073709551615'
end

local own
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local fields = record(list)
  if fields.name == group then own = fields end
end
if not own then return redis.error_reply('NOGROUP ' .. group .. ' of ' .. KEYS[1]) end
if own.pending > 0 then
  redis.call('HSET', KEYS[5], 'floor', before(redis.call('XPENDING', KEYS[1], group)[2]))
else
  redis.call('HSET', KEYS[5], 'floor', own['last-delivered-id'])
  redis.call('DEL', KEYS[4]) -- nothing pending: nothing is being handled
end

-- What somebody else has trimmed away although this group had not read it.
local stream, lost = record(redis.call('XINFO', 'STREAM', KEYS[1])), 0
if own['entries-read'] and stream['entries-added'] then
  local removed = stream['entries-added'] - stream.length
  local counted = tonumber(redis.call('HGET', KEYS[5], 'removed') or 0)
  lost = removed - math.max(own['entries-read'], counted)
  if lost > 0 then
    redis.call('HSET', KEYS[5], 'removed', removed)
  else
    lost = 0
  end
end
if lost + gone > 0 then redis.call('HINCRBY', KEYS[6], group, lost + gone) end

local due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return { cursor, taken, lost + gone, due[2] or '' }
