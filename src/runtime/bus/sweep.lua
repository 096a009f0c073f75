-- Takes over what is due or abandoned, and keeps the group's books.
-- KEYS: 1 stream  2 retries  3 running  4 state  5 losses
-- ARGV: 1 group  2 consumer  3 idle time after which an entry counts as abandoned, in ms  4 entries wanted  5 cursor
--       6 now, in ms
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
  redis.call('HSET', KEYS[4], 'floor', before(redis.call('XPENDING', KEYS[1], group)[2]))
else
  redis.call('HSET', KEYS[4], 'floor', own['last-delivered-id'])
  redis.call('DEL', KEYS[3]) -- nothing pending: nothing is being handled
end

-- What was trimmed away although this group had not read it: entries-read counts what was delivered, so what neither was
-- delivered nor is still to come was missed. Looked at when something has been removed since; exact within a page of the end.
local stream, lost = record(redis.call('XINFO', 'STREAM', KEYS[1])), 0
if own['entries-read'] and stream['entries-added'] then
  local removed = stream['entries-added'] - stream.length
  local books = redis.call('HMGET', KEYS[4], 'removed', 'missed')
  local missed = tonumber(books[2] or 0)
  if removed ~= tonumber(books[1] or -1) then
    local unread = stream.length -- at most
    local exact = own['last-delivered-id'] == stream['last-generated-id']
    if exact then
      unread = 0
    else
      local page = redis.call('XRANGE', KEYS[1], '(' .. own['last-delivered-id'], '+', 'COUNT', PAGE)
      if #page < PAGE then unread, exact = #page, true end
    end
    local total = stream['entries-added'] - own['entries-read'] - unread
    if total > missed then lost = total - missed end
    if exact then
      redis.call('HSET', KEYS[4], 'removed', removed, 'missed', total)
    elseif lost > 0 then
      redis.call('HSET', KEYS[4], 'missed', total)
    end
  end
end
if lost + gone > 0 then redis.call('HINCRBY', KEYS[5], group, lost + gone) end

local due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return { cursor, taken, lost + gone, due[2] or '' }
