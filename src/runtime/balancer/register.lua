-- Says that a replica is there, or, with a life of 0, that it takes no more requests.
-- KEYS: 1 replicas  2 its state
-- ARGV: 1 url  2 for how long, ms  3 '1' = it has just started: what its predecessor did is no longer held against it
local t = redis.call('TIME')
local life = tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], life == 0 and 0 or t[1] * 1000 + math.floor(t[2] / 1000) + life, ARGV[1])
if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
