// A drive whose medium a person can change while the machine runs.
#pragma once

#include <memory>

#include "core/disk_image.h"
#include "core/result.h"

namespace ringdown {

class RemovableDrive {
 public:
  virtual ~RemovableDrive() = default;
  /// Whether such a medium goes into the drive; the error says why not, without the file's name.
  virtual Result<void> accepts(DiskImage& medium) const = 0;
  /// Puts a medium in, in place of the one that was there; the guest is told as the drive's interface has it.
  virtual void insert(std::unique_ptr<DiskImage> medium) = 0;
  /// Takes the medium out by force, whatever the guest has locked.
  virtual void remove() = 0;
  /// A person presses the button: the medium comes out, unless the guest has locked it.
  virtual void press_eject() {
    if (!locked()) remove();
  }
  /// The guest asks that the medium stays in.
  virtual bool locked() const = 0;
};

}  // namespace ringdown
