-- Counts an attempt, unless the evaluation has ended or is to be cancelled. Makes the record where Redis has lost it.
-- KEYS: 1 record
-- ARGV: 1 a word that only this call has, so that its repetition counts nothing  2 JSON of the facts it was queued with
--       3 JSON of the facts of the run, without the closing brace  4 ms for which the record is kept
-- Returns { 'go' | 'ended' | 'cancel', attempt, JSON of the facts of the run or the end, 1 when nobody has told of it }.
local status, attempts, run, cancel, told = unpack(
  redis.call('HMGET', KEYS[1], 'status', 'attempts', 'run', 'cancel', 'told'))
local untold = told and 0 or 1
if status and status ~= 'queued' and status ~= 'running' then
  return { 'ended', tonumber(attempts), redis.call('HGET', KEYS[1], 'ended'), untold }
end
if cancel then return { 'cancel', tonumber(attempts), '', untold } end
if not status then redis.call('HSET', KEYS[1], 'queued', ARGV[2]) end
local attempt = tonumber(attempts or 0)
if run ~= ARGV[1] then attempt = attempt + 1 end
local running = string.format('%s,"seq":%d,"attempts":%d}', ARGV[3], 2 * attempt, attempt)
redis.call('HSET', KEYS[1], 'status', 'running', 'seq', 2 * attempt, 'attempts', attempt, 'run', ARGV[1], 'running', running)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 'go', attempt, running, untold }
