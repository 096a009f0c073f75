export { panes } from './list.ts'
export { notesOf } from './notes.ts'
