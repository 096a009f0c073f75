-- Asks which of the entries just delivered are to be handled.
-- KEYS: 1 stream  2 running  3 handled  4 handled before   ARGV: 1 group  then of each entry: event id, entry id
-- Returns for each: 1 handle it, 0 its event has been handled, 2 its event is being handled under another entry id.
local events, entries = {}, {}
for i = 2, #ARGV, 2 do
  events[#events + 1] = ARGV[i]
  entries[#entries + 1] = ARGV[i + 1]
end
local running = redis.call('HMGET', KEYS[2], unpack(events))
local lately, before = redis.call('HMGET', KEYS[3], unpack(events)), redis.call('HMGET', KEYS[4], unpack(events))
local taken, claims, verdicts = {}, {}, {}
for i, event in ipairs(events) do
  local holder = taken[event] or running[i]
  local busy = holder and holder ~= entries[i]
    and (taken[event] or #redis.call('XPENDING', KEYS[1], ARGV[1], holder, holder, 1) > 0)
  if lately[i] or before[i] then
    verdicts[i] = 0
  elseif busy then
    verdicts[i] = 2
  else
    verdicts[i] = 1
    taken[event] = entries[i]
    claims[#claims + 1] = event
    claims[#claims + 1] = entries[i]
  end
end
if #claims > 0 then redis.call('HSET', KEYS[2], unpack(claims)) end
return verdicts
