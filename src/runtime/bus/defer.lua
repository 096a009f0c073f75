-- Has a failed entry delivered again later. It stays pending in its group; only when it is due is remembered.
-- KEYS: 1 stream  2 retries  3 running   ARGV: 1 group  2 consumer  3 entry id  4 delivery count  5 event id  6 due, in ms
-- 1 = deferred, 0 = another delivery has taken it over.
local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not p[1] or p[1][2] ~= ARGV[2] or p[1][4] ~= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[6], ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[5])
return 1
