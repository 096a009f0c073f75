-- Removes all entries of a stream and everything that is pending; its groups stay and go on with what comes next.
-- KEYS: 1 stream
-- Returns { entries removed, pending entries dropped }.
local function record(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0 } end
local removed, dropped = redis.call('XTRIM', KEYS[1], 'MAXLEN', '=', 0), 0
local stream = record(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = record(list).name
  repeat
    local page, ids = redis.call('XPENDING', KEYS[1], group, '-', '+', 1000), {}
    for i, entry in ipairs(page) do ids[i] = entry[1] end
    if #ids > 0 then dropped = dropped + redis.call('XACK', KEYS[1], group, unpack(ids)) end
  until #page < 1000
  redis.call('XGROUP', 'SETID', KEYS[1], group, stream['last-generated-id'], 'ENTRIESREAD', stream['entries-added'])
end
return { removed, dropped }
