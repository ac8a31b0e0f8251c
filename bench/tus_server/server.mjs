// The tus project's own server with its file store, on a free port of 127.0.0.1, which it prints. Usage: server.mjs FOLDER
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const server = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2] }) })
const listening = server.listen({ host: '127.0.0.1', port: 0 }, () => console.log(listening.address().port))
