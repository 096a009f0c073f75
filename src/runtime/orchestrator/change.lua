-- Changes one field of a hash if it has the value that was read.
-- KEYS: hash. ARGV: field, value that was read ('' for none), new value ('' for none).
local present = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if present ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
