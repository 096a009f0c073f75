-- Removes consumers of a group that have nothing pending: this one at once, others when they have been silent for long.
-- KEYS: 1 stream   ARGV: 1 group  2 consumer to remove now, or ''  3 idle time of the others, in ms
-- Returns how many were removed.
local removed = 0
for _, list in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #list, 2 do consumer[list[i]] = list[i + 1] end
  if consumer.pending == 0 and (consumer.name == ARGV[2] or consumer.idle > tonumber(ARGV[3])) then
    removed = removed + 1
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
  end
end
return removed
