export default async function* handle() {
  yield 'hello'
}
