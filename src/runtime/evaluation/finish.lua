-- Ends an evaluation, if it has not ended and no later attempt has begun. Where Redis has lost the record it is made anew.
-- KEYS: 1 record
-- ARGV: 1 attempt, or '' for an end that does not depend on it  2 status  3 seq  4 JSON of the end  5 ms for which it is kept
-- Returns { 1, '' } when this end counts, else { 0, JSON of the end that counts, or of the attempt that has taken over }.
local status, attempts = unpack(redis.call('HMGET', KEYS[1], 'status', 'attempts'))
if status and status ~= 'queued' and status ~= 'running' then
  local ended = redis.call('HGET', KEYS[1], 'ended')
  if ended == ARGV[4] then return { 1, '' } end -- the reply was lost, and this is sent again
  return { 0, ended }
end
if status == 'running' and ARGV[1] ~= '' and attempts ~= ARGV[1] then
  return { 0, redis.call('HGET', KEYS[1], 'running') }
end
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'seq', ARGV[3], 'ended', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 1, '' }
