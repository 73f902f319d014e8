// Control and status registers of the Am79C970A, and its interrupt (AMD 19436, "Control and status
// registers").
#include <algorithm>

#include "devices/network/pcnet/pcnet.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr u16 kTestWritable = 0x001f;
constexpr unsigned kLongestRingCode = 9;  // 512 descriptors

}  // namespace

void Pcnet::set_pair(unsigned number, u32 value) {
  csr_[number] = static_cast<u16>(value);
  csr_[number + 1] = static_cast<u16>(value >> 16);
}

/// Most registers are the host's only while the controller is stopped or suspended.
bool Pcnet::writable_now() const { return control(csr::kStatus).get<Stop>() || suspended(); }

u16 Pcnet::read_control(unsigned number) {
  if (number >= kControlRegisters) return 0;
  switch (number) {
    case csr::kExtended: {
      // The suspension has begun when what is under way has ended.
      Register<u16> value = control(number);
      if (sending_ || arriving_.receiving()) value.set<Suspend>(false);
      return value.value();
    }
    case csr::kInitBlockAlias:
    case csr::kInitBlockAlias + 1:
      return csr_[number - csr::kInitBlockAlias + csr::kInitBlock];
    case csr::kSoftwareStyle:
      return read_bus(bcr::kSoftwareStyle);
    default:
      return csr_[number];
  }
}

void Pcnet::write_control(unsigned number, u16 value) {
  switch (number) {
    case csr::kStatus:
      write_status(value);
      break;
    case csr::kMasks:
      csr_[number] = value & kMasksWritable;
      break;
    case csr::kFeatures:
      write_features(value);
      break;
    case csr::kExtended:
      write_extended(value);
      break;
    case csr::kInitBlockAlias:
    case csr::kInitBlockAlias + 1:
      if (writable_now()) csr_[number - csr::kInitBlockAlias + csr::kInitBlock] = value;
      break;
    case csr::kSoftwareStyle:
      write_style(value);
      break;
    case csr::kRingLengthConversion:
      // From the code of an initialization block, in the upper four bits, to a two's complement.
      csr_[number] = static_cast<u16>(-(1u << std::min<unsigned>(value >> 12, kLongestRingCode)));
      break;
    case csr::kTest:
      if (writable_now() && control(csr::kFeatures).get<EnableTest>()) csr_[number] = value & kTestWritable;
      break;
    case csr::kChipId:
    case csr::kChipId + 1:
    case csr::kMissedFrames:
    case csr::kReceiveCollisions:
      break;
    default:
      if (number < kControlRegisters && writable_now()) csr_[number] = value;
      break;
  }
  update_interrupt();
}

void Pcnet::write_features(u16 value) {
  Register<u16> features = control(csr::kFeatures);
  features.assign_masked(0, value & kFeatureClears);
  features.assign_masked(value, kFeaturesWritable);
  if (UserCommand::get(value)) features.set<UserInterrupt>(true);
  csr_[csr::kFeatures] = features.value();
}

void Pcnet::write_extended(u16 value) {
  const bool was_suspended = suspended();
  Register<u16> extended = control(csr::kExtended);
  extended.assign_masked(0, value & kExtendedStatus);
  extended.assign_masked(value, kExtendedWritable);
  csr_[csr::kExtended] = extended.value();
  if (was_suspended && !suspended()) poll_transmit();
}

void Pcnet::update_interrupt() {
  const u16 features = csr_[csr::kFeatures];
  const u16 extended = csr_[csr::kExtended];
  Register<u16> status = control(csr::kStatus);
  const u16 unmasked = status.value() & kMaskable & ~csr_[csr::kMasks];
  const u16 feature_masks = static_cast<u16>(features << 1);
  const u16 extended_enables = static_cast<u16>(extended << 1);
  const bool requested = unmasked != 0 || (features & kFeatureStatus & ~feature_masks) != 0 ||
                         UserInterrupt::get(features) || (extended & kExtendedStatus & extended_enables) != 0;
  status.set<InterruptFlag>(requested);
  status.set<AnyError>((status.value() & kErrors) != 0);
  csr_[csr::kStatus] = status.value();
  interrupt_.set(requested && status.get<InterruptEnable>() ? Level::High : Level::Low);
}

}  // namespace ringdown
