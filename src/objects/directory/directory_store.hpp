// The object store in a folder of the machine. Floor 3; named by app/ and tests only.
//
// Layout: <folder>/<space>/<first 2 digits of the hash>/<the other 62>, the object's bytes and nothing else;
// <folder>/.tmp/ for what is being written; <folder>/.format, the version of this layout. An object comes to be in one
// step, a rename, after its bytes are synced; so whatever stands under its name is whole.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"

namespace inlet {

// Opens the store in `folder`, which is made when the first object is written. Disk and clock are borrowed and outlive
// the store, its writers and its readers. Errors: format-too-new, and the disk's.
//
// take_over() renames: the file must be on the same file system.
//
// list() gives as stored_at when the file system says the bytes were last written, which is shortly before finish()
// gave its time.
Result<std::unique_ptr<ObjectStore>> open_directory_store(Disk& disk, const Clock& clock, std::string folder);

} // namespace inlet
