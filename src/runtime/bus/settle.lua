-- Acknowledges entries that are still owned as they were when they were delivered, and remembers their events as handled.
-- KEYS: 1 stream  2 running  3 handled  4 handled before
-- ARGV: 1 group  2 consumer  3 now, in ms  4 lowest and 5 highest of the entry ids
--       6 how long events are remembered at least, in ms, unless there are more than 7
--       then of each entry: entry id, delivery count, event id ('' = not to be remembered)
-- Returns for each: 1 acknowledged, 0 another delivery has taken it over, 2 nobody has it pending (its group was made anew).
local group, consumer, n = ARGV[1], ARGV[2], (#ARGV - 7) / 3
local owned, known = {}, true
-- One look at this consumer's entries instead of one for each; those that do not fit are looked up below.
local page = redis.pcall('XPENDING', KEYS[1], group, ARGV[4], ARGV[5], 2 * n + 8, consumer)
if page.err then
  if not string.find(page.err, 'NOGROUP', 1, true) then return page end
  page, known = {}, false
end
for _, p in ipairs(page) do owned[p[1]] = p[4] end

local acks, marks, events, verdicts = {}, {}, {}, {}
for i = 8, #ARGV, 3 do
  local id, delivery, event = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local count, verdict = owned[id], 0
  if count == delivery then
    verdict = 1
    acks[#acks + 1] = id
  elseif not count then
    local p = known and redis.call('XPENDING', KEYS[1], group, id, id, 1) or {}
    if not p[1] then
      -- Whoever took it over may have settled it already.
      if event == '' or redis.call('HEXISTS', KEYS[3], event) + redis.call('HEXISTS', KEYS[4], event) == 0 then verdict = 2 end
    elseif p[1][2] == consumer and p[1][4] == delivery then
      verdict = 1
      acks[#acks + 1] = id
    end
  end
  verdicts[#verdicts + 1] = verdict
  if verdict ~= 0 and event ~= '' then
    marks[#marks + 1] = event
    marks[#marks + 1] = ARGV[3]
    events[#events + 1] = event
  end
end
if #acks > 0 then redis.call('XACK', KEYS[1], group, unpack(acks)) end
if #events > 0 then
  redis.call('HDEL', KEYS[2], unpack(events))
  local window, ttl = tonumber(ARGV[6]), redis.call('PTTL', KEYS[3])
  if ttl >= 0 and (ttl < window or redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[7])) then
    redis.call('UNLINK', KEYS[4]) -- a RENAME would free it at once, and hold up Redis
    redis.call('RENAME', KEYS[3], KEYS[4])
    ttl = -2
  end
  redis.call('HSET', KEYS[3], unpack(marks))
  if ttl < 0 then redis.call('PEXPIRE', KEYS[3], 2 * window) end
end
return verdicts
