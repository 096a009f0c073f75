-- Trims a stream by age and length, but not what a group still needs, unless the stream is longer than the hard cap.
-- KEYS: 1 stream  2 losses
-- ARGV: 1 entries to keep, or ''  2 id before which entries are too old, or ''  3 hard cap, or ''  4 entries looked at in one call
-- Returns { entries trimmed, { group, entries lost to it, .. }, 1 when there is more to trim }.
local PAGE = tonumber(ARGV[4])
local NODE = 100 -- entries of a stream node, as Redis is set by default

local function after(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. string.format('%.0f', tonumber(seq) + 1)
end

local function less(a, b)
  local ms, seq = string.match(a, '^(%d+)-(%d+)$')
  local ms2, seq2 = string.match(b, '^(%d+)-(%d+)$')
  if ms ~= ms2 then return tonumber(ms) < tonumber(ms2) end
  return tonumber(seq) < tonumber(seq2)
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, {}, 0 } end
local groups, needed = {}, false
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #list, 2 do group[list[i]] = list[i + 1] end
  groups[#groups + 1] = group
  local first = after(group['last-delivered-id'])
  if group.pending > 0 then first = redis.call('XPENDING', KEYS[1], group.name)[2] end
  if not needed or less(first, needed) then needed = first end
end

local trimmed, lost, more = 0, {}, 0
if ARGV[2] ~= '' then
  local cut = ARGV[2]
  if needed and less(needed, cut) then cut = needed end
  trimmed = redis.call('XTRIM', KEYS[1], 'MINID', cut)
end

local excess = ARGV[1] == '' and 0 or redis.call('XLEN', KEYS[1]) - tonumber(ARGV[1])
if excess > 0 then
  -- Whole nodes of the stream go without being read; what remains is less than one, and looked at.
  local how = needed and { 'MINID', '~', needed } or { 'MAXLEN', '~', ARGV[1] }
  local most = math.min(excess, 20 * PAGE)
  local gone = redis.call('XTRIM', KEYS[1], how[1], how[2], how[3], 'LIMIT', most)
  trimmed = trimmed + gone
  if gone > 0 and excess > most then
    more = 1
  elseif excess - gone > 0 then
    local rest = redis.call('XRANGE', KEYS[1], '-', needed and ('(' .. needed) or '+', 'COUNT', math.min(excess - gone, NODE))
    if #rest > 0 then trimmed = trimmed + redis.call('XTRIM', KEYS[1], 'MINID', after(rest[#rest][1])) end
    if #rest == NODE and excess - gone > NODE then more = 1 end
  end
end

excess = ARGV[3] == '' and 0 or redis.call('XLEN', KEYS[1]) - tonumber(ARGV[3])
if excess > 0 and more == 0 then
  local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(excess, PAGE))
  local last = page[#page][1]
  for _, group in ipairs(groups) do
    local pending, unread = {}, 0
    if group.pending > 0 then pending = redis.call('XPENDING', KEYS[1], group.name, '-', last, #page) end
    for _, p in ipairs(pending) do redis.call('XACK', KEYS[1], group.name, p[1]) end
    for _, entry in ipairs(page) do
      if less(group['last-delivered-id'], entry[1]) then unread = unread + 1 end
    end
    if unread > 0 then
      -- So that the next sweep of this group does not count them again; the key is in the slot of the stream.
      redis.call('HINCRBY', '{' .. KEYS[1] .. '}:state:' .. group.name, 'missed', unread)
    end
    if #pending + unread > 0 then
      redis.call('HINCRBY', KEYS[2], group.name, #pending + unread)
      lost[#lost + 1] = group.name
      lost[#lost + 1] = #pending + unread
    end
  end
  trimmed = trimmed + redis.call('XTRIM', KEYS[1], 'MINID', after(last))
  if #page == PAGE then more = 1 end
end
return { trimmed, lost, more }
