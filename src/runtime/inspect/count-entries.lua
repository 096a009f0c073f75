-- Counts entries without sending them.
-- KEYS: 1 stream   ARGV: 1 from  2 to  3 most to count in one call
-- Returns { number of entries, id of the last of them or '' }.
local page = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
return { #page, #page > 0 and page[#page][1] or '' }
