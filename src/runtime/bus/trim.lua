-- Trims a stream by age and length, but not what a group still needs, unless the stream is longer than the hard cap.
-- KEYS: 1 stream  2 losses  3 sorted set: newest entry id at an earlier call → entries added to the stream until then
-- ARGV: 1 entries to keep, or ''  2 id before which entries are too old, or ''  3 hard cap, or ''  4 entries looked at in one call
-- Returns { entries trimmed, of them lost to a group, 1 when there is more to trim }.
local PAGE = tonumber(ARGV[4])
local COARSE = 100 -- entries too many above which the cut may be a few calls old

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

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0, 0 } end
local groups, needed = {}, false
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #list, 2 do group[list[i]] = list[i + 1] end
  groups[#groups + 1] = group
  local first = after(group['last-delivered-id'])
  if group.pending > 0 then first = redis.call('XPENDING', KEYS[1], group.name)[2] end
  if not needed or less(first, needed) then needed = first end
end

local trimmed, lost, more = 0, 0, 0
if ARGV[2] ~= '' then
  local cut = ARGV[2]
  if needed and less(needed, cut) then cut = needed end
  trimmed = redis.call('XTRIM', KEYS[1], 'MINID', cut)
end

local facts = {}
do
  local list = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #list, 2 do facts[list[i]] = list[i + 1] end
end
local added = facts['entries-added']

local excess = ARGV[1] == '' and 0 or redis.call('XLEN', KEYS[1]) - tonumber(ARGV[1])
if excess > 0 then
  -- Where an earlier call has noted how many entries there had been, nothing needs to be read to find the place to cut at.
  local known = excess > COARSE and redis.call('ZREVRANGEBYSCORE', KEYS[3], added - tonumber(ARGV[1]), '-inf', 'LIMIT', 0, 1)[1]
  if known then
    local cut = after(known)
    if needed and less(needed, cut) then cut = needed end
    trimmed = trimmed + redis.call('XTRIM', KEYS[1], 'MINID', cut)
  else
    local page = redis.call('XRANGE', KEYS[1], '-', needed and ('(' .. needed) or '+', 'COUNT', math.min(excess, PAGE))
    if #page > 0 then
      trimmed = trimmed + redis.call('XTRIM', KEYS[1], 'MINID', after(page[#page][1]))
      if #page == PAGE then more = 1 end
    end
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. (added - 2 * tonumber(ARGV[1])))
end
if ARGV[1] ~= '' then
  redis.call('ZADD', KEYS[3], added, facts['last-generated-id'])
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -101)
end

excess = ARGV[3] == '' and 0 or redis.call('XLEN', KEYS[1]) - tonumber(ARGV[3])
if excess > 0 and more == 0 then
  local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(excess, PAGE))
  local last = page[#page][1]
  local removed = added - redis.call('XLEN', KEYS[1])
  for _, group in ipairs(groups) do
    local pending, unread = {}, 0
    if group.pending > 0 then pending = redis.call('XPENDING', KEYS[1], group.name, '-', last, #page) end
    for _, p in ipairs(pending) do redis.call('XACK', KEYS[1], group.name, p[1]) end
    for _, entry in ipairs(page) do
      if less(group['last-delivered-id'], entry[1]) then unread = unread + 1 end
    end
    if unread > 0 then
      -- So that the next sweep of this group does not count them again; the key is in the slot of the stream.
      redis.call('HSET', '{' .. KEYS[1] .. '}:state:' .. group.name, 'removed', removed + #page)
    end
    if #pending + unread > 0 then redis.call('HINCRBY', KEYS[2], group.name, #pending + unread) end
    lost = lost + #pending + unread
  end
  trimmed = trimmed + redis.call('XTRIM', KEYS[1], 'MINID', after(last))
  if #page == PAGE then more = 1 end
end
return { trimmed, lost, more }
