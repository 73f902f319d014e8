// The values of one command line, read into what they mean; the first mistake is kept.
#pragma once

#include <boost/program_options/variables_map.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace ringdown {

class OptionReader {
 public:
  using Text = std::string;
  using Texts = std::vector<std::string>;

  explicit OptionReader(const boost::program_options::variables_map& values) : values_(values) {}

  bool given(const char* name) const { return values_.count(name) != 0; }
  std::optional<Text> text(const char* name) const;
  Texts texts(const char* name) const;
  bool flag(const char* name) const { return given(name) && values_[name].as<bool>(); }
  /// A file's name, empty without the option.
  Text path(const char* name);

  template <class T>
  void take(Result<T> result, T& target) {
    if (!result) {
      fail(result.error());
    } else {
      target = std::move(*result);
    }
  }
  /// One of a few words; without the option `target` stays.
  template <class T>
  void choose(const char* name, std::initializer_list<std::pair<std::string_view, T>> choices, T& target) {
    const std::optional<Text> word = text(name);
    if (!word) return;
    std::string known;
    for (const auto& [choice, value] : choices) {
      if (*word == choice) {
        target = value;
        return;
      }
      known.append(known.empty() ? "" : " or ").append(choice);
    }
    fail(unknown_choice(name, *word, known));
  }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  static Error unknown_choice(std::string_view option, std::string_view word, std::string_view known);

  const boost::program_options::variables_map& values_;
  std::optional<Error> error_;
};

/// The line for an option that names a file, without a name.
Error missing_name(std::string_view option);

}  // namespace ringdown
