// Tables for a terminal of 110 columns.
#include "frontend/lab/classify/classify_report.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/lab/classify/robin_irvine.h"
#include "frontend/lab/wrapped_lines.h"

namespace ringdown {

namespace {

constexpr std::size_t kWidth = 110;

/// Its lines, indented.
std::string paragraph(std::string_view text, std::size_t indent) {
  std::string lines;
  for (const std::string& line : wrapped_lines(text, kWidth - indent))
    lines += std::string(indent, ' ') + line + "\n";
  return lines;
}

/// "in.immediate" where a name alone does not say which.
std::string full_name(const ClassifiedInstruction& instruction) {
  return instruction.form.empty() ? instruction.name : instruction.name + "." + instruction.form;
}

std::string kinds_text(const classify::Findings& findings) {
  std::string text;
  const auto add = [&](bool holds, std::string_view word) {
    if (holds) text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  };
  add(findings.control_sensitive, "control");
  add(findings.by_mode, "mode");
  add(findings.by_location, "location");
  return text;
}

std::string choices_text(const classify::Findings& findings) {
  std::string text;
  for (const classify::Knob knob : findings.choices)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", classify::info_of(knob).name,
                        classify::info_of(knob).values[0]);
  return text;
}

void add_set(std::string& text, std::string_view title, const std::vector<std::string>& names) {
  text += fmt::format("{} ({}):\n", title, names.size());
  text += names.empty() ? "  none\n" : paragraph(fmt::format("{}", fmt::join(names, ", ")), 2);
}

template <class Wanted>
std::vector<std::string> full_names(const Classification& classification, Wanted wanted) {
  std::vector<std::string> names;
  for (const ClassifiedInstruction& instruction : classification.instructions) {
    if (wanted(instruction)) names.push_back(full_name(instruction));
  }
  return names;
}

std::string privileged_text(const Classification& classification) {
  using I = ClassifiedInstruction;
  std::string text;
  add_set(text, "Privileged in any case", full_names(classification, [](const I& i) {
            return i.findings.privileged && i.findings.choices.empty();
          }));
  text += "Privileged because a monitor sets:\n";
  for (const I& i : classification.instructions) {
    if (!i.findings.choices.empty())
      text += fmt::format("  {:<14}  {}\n", full_name(i), choices_text(i.findings));
  }
  add_set(text, "Privileged in virtual-8086 mode with IOPL 0, though not in rings 1 to 3",
          full_names(classification,
                     [](const I& i) { return i.findings.privileged_v86 && !i.findings.privileged; }));
  add_set(text, "Privileged, and not seen to be sensitive", full_names(classification, [](const I& i) {
            return i.findings.privileged && !i.findings.sensitive();
          }));
  return text;
}

std::string sensitive_text(const Classification& classification) {
  using I = ClassifiedInstruction;
  std::string text;
  add_set(text, "Control-sensitive",
          full_names(classification, [](const I& i) { return i.findings.control_sensitive; }));
  add_set(text, "Behaviour-sensitive by mode",
          full_names(classification, [](const I& i) { return i.findings.by_mode; }));
  add_set(text, "Behaviour-sensitive by location",
          full_names(classification, [](const I& i) { return i.findings.by_location; }));
  add_set(text, "User-sensitive",
          full_names(classification, [](const I& i) { return i.findings.user_sensitive; }));
  return text;
}

std::string counterexamples_text(const Classification& classification) {
  std::string text =
      "Sensitive, but not privileged: counterexamples to theorem 1, with the shortest witness of each.\n"
      "R-I: on Robin and Irvine's list. user: also sensitive at CPL 3 (theorem 3).\n\n"
      "  instruction     R-I  user  sensitive to\n";
  for (const ClassifiedInstruction& instruction : classification.instructions) {
    if (!instruction.counterexample()) continue;
    text += fmt::format("  {:<14}  {:<3}  {:<4}  {}\n", full_name(instruction),
                        instruction.robin_irvine ? "yes" : "",
                        instruction.findings.user_sensitive ? "yes" : "", kinds_text(instruction.findings));
    text += paragraph(instruction.findings.witness(), 6);
  }
  return text;
}

}  // namespace

std::string sets_text(const Classification& classification) {
  using I = ClassifiedInstruction;
  const auto count = [&](auto wanted) { return full_names(classification, wanted).size(); };
  return fmt::format(
             "{}: {} instructions, {} cases of each and {} times as many where those show more than nothing; "
             "seed {}\n",
             classification.model->name(), classification.instructions.size(), classification.cases,
             classify::kThoroughness, classification.seed) +
         fmt::format(
             "Innocuous: {}. Never completing, since this processor lacks them or they always trap: {}.\n\n",
             count([](const I& i) {
               return i.findings.completes && !i.findings.privileged && !i.findings.sensitive();
             }),
             count([](const I& i) { return !i.findings.completes; })) +
         privileged_text(classification) + "\n" + sensitive_text(classification) + "\n" +
         counterexamples_text(classification);
}

std::string comparison_text(const Classification& classification) {
  std::vector<std::string> both;
  std::string only_them;
  for (const RobinIrvineEntry& entry : robin_irvine_list()) {
    bool found = false;
    std::string why = "no witness";
    for (const ClassifiedInstruction& i : classification.instructions) {
      if (std::find(entry.rows.begin(), entry.rows.end(), i.name) == entry.rows.end()) continue;
      found = found || i.counterexample();
      if (i.findings.privileged) why = "traps with " + choices_text(i.findings);
    }
    if (found) {
      both.emplace_back(entry.mnemonic);
    } else {
      only_them += fmt::format("  {}: {}\n", entry.mnemonic, why);
    }
  }
  std::string text =
      fmt::format("Robin and Irvine list {} mnemonics (most texts count 17).\n", robin_irvine_list().size());
  add_set(text, "Found by both", both);
  text += "Found only by them:\n" + (only_them.empty() ? "  none\n" : only_them);
  const std::vector<std::string> only_us = classification.names(
      [](const ClassifiedInstruction& i) { return i.counterexample() && !i.robin_irvine; });
  text += fmt::format("Found only here ({}):\n", only_us.size());
  for (const std::string& name : only_us) {
    const std::string_view reason = reason_beyond_robin_irvine(name);
    text += fmt::format("  {}\n", name) + paragraph(reason.empty() ? "no known reason" : reason, 6);
  }
  return text;
}

std::string theorems_text(std::span<const Classification> classifications) {
  std::string text =
      "Theorem 1: a monitor can be built if all sensitive instructions are privileged.\n"
      "Theorem 3: a hybrid monitor, which interprets all of the kernel, if all user-sensitive ones are.\n\n"
      "                                sensitive, not privileged         user-sensitive, not privileged\n"
      "  processor          privileged  |  theorem 1                         |  theorem 3\n";
  using I = ClassifiedInstruction;
  for (const Classification& c : classifications) {
    const auto count = [&](auto wanted) { return full_names(c, wanted).size(); };
    text += fmt::format(
        "  {:<17}  {:>10}  {:>3}  {:<28}  {:>3}  {}\n", c.model->name(),
        count([](const I& i) { return i.findings.privileged; }),
        count([](const I& i) { return i.counterexample(); }), c.theorem1() ? "holds" : "does not hold",
        count([](const I& i) { return i.user_counterexample(); }), c.theorem3() ? "holds" : "does not hold");
  }
  return text;
}

std::string instructions_text(const Classification& classification) {
  std::string text;
  for (const ClassifiedInstruction& i : classification.instructions) {
    text += fmt::format("{}: {}\n", full_name(i), i.verdict());
    const std::string kinds = kinds_text(i.findings);
    if (!kinds.empty())
      text += fmt::format("  sensitive: {}{}\n", kinds, i.findings.user_sensitive ? "; at CPL 3 too" : "");
    if (i.findings.privileged) {
      const std::string choices = choices_text(i.findings);
      text += fmt::format("  privileged: {}\n", choices.empty() ? "in any case" : "with " + choices);
    }
    for (const classify::Witness& witness : i.findings.witnesses) {
      if (!witness.text.empty()) text += paragraph(witness.text, 4);
    }
    if (i.robin_irvine) text += "  on Robin and Irvine's list\n";
  }
  return text;
}

}  // namespace ringdown
