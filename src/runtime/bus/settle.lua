-- Acknowledges entries that are still owned as they were when they were delivered, and remembers their events as handled.
-- KEYS: 1 stream  2 handled  3 running
-- ARGV: 1 group  2 consumer  3 now, in ms  4 lowest and 5 highest of the entry ids
--       then of each entry: entry id, delivery count, event id ('' = not to be remembered)
-- Returns for each: 1 acknowledged, 0 another delivery has taken it over, 2 nobody has it pending (its group was made anew).
local group, consumer, n = ARGV[1], ARGV[2], (#ARGV - 5) / 3
local owned, known = {}, true
-- One look at this consumer's entries instead of one for each; those that do not fit are looked up below.
local page = redis.pcall('XPENDING', KEYS[1], group, ARGV[4], ARGV[5], 2 * n + 8, consumer)
if page.err then
  if not string.find(page.err, 'NOGROUP', 1, true) then return page end
  page, known = {}, false
end
for _, p in ipairs(page) do owned[p[1]] = p[4] end

local acks, marks, events, verdicts = {}, {}, {}, {}
for i = 6, #ARGV, 3 do
  local id, delivery, event = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local count, verdict = owned[id], 0
  if count == delivery then
    verdict = 1
    acks[#acks + 1] = id
  elseif not count then
    local p = known and redis.call('XPENDING', KEYS[1], group, id, id, 1) or {}
    if not p[1] then
      verdict = 2
    elseif p[1][2] == consumer and p[1][4] == delivery then
      verdict = 1
      acks[#acks + 1] = id
    end
  end
  verdicts[#verdicts + 1] = verdict
  if verdict ~= 0 and event ~= '' then
    marks[#marks + 1] = ARGV[3]
    marks[#marks + 1] = event
    events[#events + 1] = event
  end
end
if #acks > 0 then redis.call('XACK', KEYS[1], group, unpack(acks)) end
if #events > 0 then
  redis.call('ZADD', KEYS[2], 'NX', unpack(marks))
  redis.call('HDEL', KEYS[3], unpack(events))
end
return verdicts
