-- Drops what is pending in a group and has it read on from another place, in one step.
-- KEYS: 1 stream  2 retries  3 running  4 state  5 losses  6 handled  7 handled before (the stream itself stands for keys it has not)
-- ARGV: 1 group  2 entry id after which the group reads on  3 entries up to there since the stream was made, or ''
--       4 1 to forget which events were handled
-- Returns the number of pending entries dropped; nil when there is no such group.
local found = false
for _, list in ipairs(redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XINFO', 'GROUPS', KEYS[1]) or {}) do
  for i = 1, #list, 2 do
    if list[i] == 'name' and list[i + 1] == ARGV[1] then found = true end
  end
end
if not found then return false end

local dropped = 0
repeat
  local page, ids = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1000), {}
  for i, entry in ipairs(page) do ids[i] = entry[1] end
  if #ids > 0 then dropped = dropped + redis.call('XACK', KEYS[1], ARGV[1], unpack(ids)) end
until #page < 1000
if ARGV[3] == '' then
  redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
else
  redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2], 'ENTRIESREAD', ARGV[3])
end
if KEYS[2] ~= KEYS[1] then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
  redis.call('HDEL', KEYS[5], ARGV[1])
  if ARGV[4] == '1' then redis.call('UNLINK', KEYS[6], KEYS[7]) end
end
return dropped
