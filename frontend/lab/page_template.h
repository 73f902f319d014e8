// Pages for a browser that need no other file: a template and the parts that it names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ringdown {

struct PagePart {
  std::string_view name;
  std::string_view text;
};

/// The template with the part of that name in the place of each {{name}}; of one that is not there, nothing.
/// What a part holds is not looked at.
std::string fill_page(std::string_view page, std::span<const PagePart> parts);

/// What `ringdown_embed_file` compiled in.
std::string_view embedded_text(const unsigned char* bytes, unsigned size);

}  // namespace ringdown
