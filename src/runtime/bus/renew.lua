-- Keeps entries from being claimed by others while their handlers work.
-- KEYS: 1 stream   ARGV: 1 group  2 consumer  then of each entry: entry id, delivery count
-- Returns for each: 1 renewed, 0 another delivery has taken it over.
local mine, verdicts = {}, {}
for i = 3, #ARGV, 2 do
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  local owned = p[1] and p[1][2] == ARGV[2] and p[1][4] == tonumber(ARGV[i + 1])
  verdicts[#verdicts + 1] = owned and 1 or 0
  if owned then mine[#mine + 1] = ARGV[i] end
end
if #mine > 0 then
  mine[#mine + 1] = 'JUSTID' -- does not count as a delivery
  redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(mine))
end
return verdicts
