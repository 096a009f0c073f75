-- Puts dead letters back into their stream, each for the group that could not handle it.
-- KEYS: 1 dead letters  2 stream   ARGV: ids of dead letters
-- Returns for each its new entry id, or '' when there is no such dead letter.
local OURS = { ['x-stream'] = 1, ['x-entry'] = 1, ['x-consumer'] = 1, ['x-deliveries'] = 1, ['x-reason'] = 1, ['x-error'] = 1, ['x-time'] = 1 }
local results = {}
for i, id in ipairs(ARGV) do
  local letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  results[i] = ''
  if letter then
    local fields, groups = {}, 0
    local words = letter[2]
    for at = #words - 1, 1, -2 do
      local name = words[at]
      local again = name == 'x-group' and groups > 0 -- of an earlier time
      if name == 'x-group' then groups = groups + 1 end
      if not OURS[name] and not again then
        fields[#fields + 1] = words[at + 1]
        fields[#fields + 1] = name
      end
    end
    -- Read from the end: turned round, they are in their order again.
    for at = 1, math.floor(#fields / 2) do
      fields[at], fields[#fields + 1 - at] = fields[#fields + 1 - at], fields[at]
    end
    results[i] = redis.call('XADD', KEYS[2], '*', unpack(fields))
    redis.call('PUBLISH', KEYS[2], results[i])
    redis.call('XDEL', KEYS[1], id)
  end
end
return results
