// Kernels and modules that are compressed with gzip, as boot loaders accept them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// True if the bytes begin like a gzip file (RFC 1952, section 2.3.1).
bool is_gzip(std::span<const u8> bytes);

/// The bytes that a gzip file holds, at most `limit` of them. Errors name `path`.
Result<std::vector<u8>> gunzip(std::span<const u8> bytes, u64 limit, const std::string& path);

}  // namespace ringdown
