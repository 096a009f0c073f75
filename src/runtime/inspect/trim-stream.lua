-- Removes the oldest entries, up to the first one that a group has not handled.
-- KEYS: 1 stream   ARGV: 1 entries to keep, or ''  2 oldest id to keep, or ''  3 most to remove by length in one call
-- Returns { entries removed, 1 when there is more to remove }.
local function less(a, b)
  local ms, seq = string.match(a, '^(%d+)-(%d+)$')
  local ms2, seq2 = string.match(b, '^(%d+)-(%d+)$')
  if ms ~= ms2 then return tonumber(ms) < tonumber(ms2) end
  return tonumber(seq) < tonumber(seq2)
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0 } end
local needed = false
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #list, 2 do group[list[i]] = list[i + 1] end
  local firsts = {}
  local unread = redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
  if unread then firsts[1] = unread[1] end
  if group.pending > 0 then firsts[#firsts + 1] = redis.call('XPENDING', KEYS[1], group.name)[2] end
  for _, id in ipairs(firsts) do
    if not needed or less(id, needed) then needed = id end
  end
end

local removed = 0
if ARGV[2] ~= '' then
  local cut = ARGV[2]
  if needed and less(needed, cut) then cut = needed end
  removed = redis.call('XTRIM', KEYS[1], 'MINID', '=', cut)
end
if ARGV[1] == '' then return { removed, 0 } end

local length, most = redis.call('XLEN', KEYS[1]), tonumber(ARGV[3])
local excess = math.max(0, length - tonumber(ARGV[1]))
local free = excess
if needed and excess > 0 then
  free = #redis.call('XRANGE', KEYS[1], '-', '(' .. needed, 'COUNT', math.min(excess, most))
end
removed = removed + redis.call('XTRIM', KEYS[1], 'MAXLEN', '=', length - free)
return { removed, (free == most and free < excess) and 1 or 0 }
