import { statfs } from 'node:fs/promises'

type Kind = 'network' | 'memory'

// Types of file systems that statfs of Linux returns.
const kinds: Readonly<Record<number, readonly [kind: Kind, name: string]>> = {
  0x6969: ['network', 'NFS'],
  0x517b: ['network', 'SMB'],
  0xfe534d42: ['network', 'SMB'],
  0xff534d42: ['network', 'CIFS'],
  0x01021997: ['network', '9P'],
  0x00c36400: ['network', 'Ceph'],
  0x5346414f: ['network', 'AFS'],
  0x0bd00bd0: ['network', 'Lustre'],
  0x01021994: ['memory', 'tmpfs'],
  0x858458f6: ['memory', 'ramfs'],
}

/** Returns the kind and the name of a file system by its type in Linux; `undefined` for a local disk or an unknown one. */
export function fileSystemOf(type: number): readonly [kind: Kind, name: string] | undefined {
  // A runtime may return the 32 bits as a negative number.
  return kinds[type >>> 0]
}

/** Resolves to the kind and the name of the file system of a path, if it is known not to be a local disk. */
export async function findFileSystem(path: string): Promise<readonly [kind: Kind, name: string] | undefined> {
  if (process.platform !== 'linux') return undefined
  const { type } = await statfs(path)
  return fileSystemOf(type)
}
