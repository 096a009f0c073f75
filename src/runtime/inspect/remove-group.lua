-- Removes a group, or one of its consumers, unless something would be lost.
-- KEYS: 1 stream  2 retries  3 running  4 state  5 losses  6 handled  7 handled before (the stream itself stands for keys it has not)
-- ARGV: 1 group  2 consumer, or '' for the whole group  3 1 to remove it all the same
--       4 idle time below which a consumer counts as alive, in ms
-- Returns { pending entries dropped, or that would be, consumers alive, 1 when it was removed }.
local pending, alive, removed = 0, 0, 0
for _, list in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #list, 2 do consumer[list[i]] = list[i + 1] end
  if ARGV[2] == '' or ARGV[2] == consumer.name then
    pending = pending + consumer.pending
    if consumer.idle < tonumber(ARGV[4]) then alive = alive + 1 end
  end
end
if ARGV[3] ~= '1' and (pending > 0 or (alive > 0 and ARGV[2] == '')) then return { pending, alive, 0 } end
if ARGV[2] ~= '' then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
  return { pending, alive, 1 }
end
removed = redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
if KEYS[2] ~= KEYS[1] then
  redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[6], KEYS[7])
  redis.call('HDEL', KEYS[5], ARGV[1])
end
return { pending, alive, removed }
