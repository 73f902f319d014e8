// Starts the helper process and exchanges batches with it.
#include "tests/oracle/host_runner.h"

#include <fmt/format.h>

#if defined(__x86_64__) && defined(__linux__)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/oracle/host_exchange.h"
#include "tests/support/host_processor.h"

namespace ringdown::test {

namespace {

/// No case takes a thousandth of it.
constexpr int kPatienceMilliseconds = 10'000;

struct Pipe {
  int read = -1;
  int write = -1;

  /// Neither end survives an exec, unless the child asks for it.
  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

OracleOutcome outcome_of(const HostSlot& slot) {
  if (!slot.ended) return {};
  return {slot.ended,         slot.vector, slot.error_code,
          slot.fault_address, slot.state,  {slot.changes.begin(), slot.changes.begin() + slot.change_count}};
}

/// As 32-bit code would have left it.
void undo_long_mode(const LongModeCode& code, u32 start, OracleState& after) {
  if (after.selector(Segment::Cs) == kLongCode) after.set_selector(Segment::Cs, kFlatCode32);
  after.eip = code.eip_of(after.eip, start);
  after.fx.set(FxImage::kInstruction, code.eip_of(after.fx.get<u32>(FxImage::kInstruction), start));
}

bool is_ready(char reply) {
  const auto message = static_cast<HostMessage>(reply);
  return message == HostMessage::Ready || message == HostMessage::NoLocalTable;
}

std::string_view reason_of(char reply) {
  switch (static_cast<HostMessage>(reply)) {
    case HostMessage::Occupied:
      return "the helper's memory below 4 GiB is not free";
    default:
      return "the helper process did not start";
  }
}

}  // namespace

struct HostRunner::Process {
  std::filesystem::path helper;
  int exchange_file = -1;
  int image_file = -1;
  int commands = -1;  // to the helper
  int replies = -1;
  pid_t pid = -1;
  HostExchange* exchange = nullptr;
  HostCodeWidth width = HostCodeWidth::Bits32;
  /// Of the batch, in 64-bit code.
  struct Translation {
    LongModeCode code;
    u32 start;
  };
  std::vector<Translation> translations;

  ~Process() {
    stop();
    if (exchange != nullptr) munmap(exchange, sizeof(HostExchange));
    close_if_open(exchange_file);
    close_if_open(image_file);
  }

  bool share_memory() {
    exchange_file = memfd_create("oracle exchange", MFD_CLOEXEC);
    image_file = memfd_create("oracle image", MFD_CLOEXEC);
    if (exchange_file < 0 || image_file < 0 || ftruncate(exchange_file, sizeof(HostExchange)) != 0 ||
        ftruncate(image_file, sizeof(MemoryImage)) != 0)
      return false;
    void* shared = mmap(nullptr, sizeof(HostExchange), PROT_READ | PROT_WRITE, MAP_SHARED, exchange_file, 0);
    if (shared == MAP_FAILED) return false;
    exchange = static_cast<HostExchange*>(shared);
    return true;
  }

  /// Starts the helper; its first message, or 0 if it has ended.
  char start() {
    Pipe to;
    Pipe from;
    if (!to.open() || !from.open()) return 0;
    const std::array<int, 4> inherited = {exchange_file, image_file, to.read, from.write};
    std::array<std::string, 4> numbers;
    std::transform(inherited.begin(), inherited.end(), numbers.begin(),
                   [](int d) { return std::to_string(d); });
    std::string program = helper.string();
    std::array<char*, 6> arguments = {program.data(),    numbers[0].data(), numbers[1].data(),
                                      numbers[2].data(), numbers[3].data(), nullptr};
    const pid_t tester = getpid();
    pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != tester) _exit(1);
      for (const int descriptor : inherited) fcntl(descriptor, F_SETFD, 0);
      execv(program.c_str(), arguments.data());
      _exit(1);
    }
    close(to.read);
    close(from.write);
    commands = to.write;
    replies = from.read;
    return read_reply();
  }

  void stop() {
    close_if_open(commands);
    close_if_open(replies);
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
  }

  char read_reply() const {
    char reply = 0;
    return read(replies, &reply, 1) == 1 ? reply : '\0';
  }

  void load(std::span<const OracleCase> cases) {
    exchange->count = static_cast<u32>(cases.size());
    exchange->completed.store(0);
    translations.clear();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      HostSlot& slot = exchange->slots[i];
      slot.state = cases[i].before;
      fill_image(width == HostCodeWidth::Bits64 ? translate(cases[i]) : cases[i], slot.image);
      if (width == HostCodeWidth::Bits64) slot.state.set_selector(Segment::Cs, kLongCode);
    }
  }

  OracleCase translate(const OracleCase& c) {
    translations.push_back({long_mode_code(c, decode_case(c)).value(), c.before.eip});
    OracleCase translated = c;
    translated.code = translations.back().code.bytes;
    return translated;
  }

  OracleOutcome outcome(u32 number) const {
    OracleOutcome outcome = outcome_of(exchange->slots[number]);
    if (width == HostCodeWidth::Bits64)
      undo_long_mode(translations[number].code, translations[number].start, outcome.after);
    return outcome;
  }

  void send() const {
    const char command = static_cast<char>(HostMessage::Batch);
    // A helper that has ended is noticed when its reply is awaited.
    if (write(commands, &command, 1) != 1) return;
  }

  /// True when the batch is done; false if the helper has ended. A case that goes on for too long is ended.
  bool await_reply() const {
    pollfd reply{replies, POLLIN, 0};
    for (u32 completed = exchange->completed.load(); poll(&reply, 1, kPatienceMilliseconds) == 0;) {
      const u32 now = exchange->completed.load();
      if (now == completed) kill(pid, SIGALRM);
      completed = now;
    }
    return read_reply() == static_cast<char>(HostMessage::Done);
  }

  /// Gives the case that ended the helper up, and starts another helper for those behind it.
  void restart_behind_lost_case() {
    stop();
    const u32 lost = exchange->completed.load();
    exchange->slots[lost].ended = false;
    exchange->completed.store(lost + 1);
    if (!is_ready(start())) throw std::runtime_error("the oracle's helper process cannot be started again");
  }
};

HostRunner::HostRunner(std::unique_ptr<Process> process) : process_(std::move(process)) {}
HostRunner::HostRunner(HostRunner&&) noexcept = default;
HostRunner::~HostRunner() = default;

std::filesystem::path HostRunner::helper_beside_this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "oracle_host_helper";
}

HostCodeWidth HostRunner::width() const { return process_->width; }

bool HostRunner::can_run(const OracleCase& c) const {
  return can_begin(c) && (width() == HostCodeWidth::Bits32 || long_mode_code(c, decode_case(c)));
}

Result<HostRunner> HostRunner::create(const std::filesystem::path& helper,
                                      std::optional<HostCodeWidth> width) {
  // A helper that ends while it is written to is no reason for the tester to end.
  signal(SIGPIPE, SIG_IGN);
  const auto cannot = [](std::string_view why) {
    return Error{fmt::format("this host ({}) cannot run cases: {}", host_processor_name(), why)};
  };
  auto process = std::make_unique<Process>();
  process->helper = helper;
  if (!process->share_memory()) return cannot("no shared memory");
  const char reply = process->start();
  if (!is_ready(reply)) return cannot(reason_of(reply));
  HostRunner runner(std::move(process));
  if (width != HostCodeWidth::Bits64) {
    // INC EAX, as 64-bit code a prefix.
    const bool has_segments = reply == static_cast<char>(HostMessage::Ready);
    if (has_segments && runner.increments_eax({0x40})) return runner;
    if (width == HostCodeWidth::Bits32) return cannot("its kernel or hypervisor lets no 32-bit code run");
  }
  runner.process_->width = HostCodeWidth::Bits64;
  if (!runner.increments_eax({0xff, 0xc0}))
    return cannot("its kernel or hypervisor does not run the cases' code");
  return runner;
}

bool HostRunner::increments_eax(std::vector<u8> code) {
  const OracleCase probe{std::move(code), initial_state(), 0, {}};
  const OracleOutcome outcome = run(probe);
  return outcome.ended && outcome.after.get(Gpr::Eax) == 1 &&
         outcome.after.eip == probe.before.eip + probe.code.size();
}

void HostRunner::start(std::span<const OracleCase> cases) {
  process_->load(cases);
  process_->send();
}

std::vector<OracleOutcome> HostRunner::finish() {
  HostExchange& exchange = *process_->exchange;
  while (!process_->await_reply()) {
    process_->restart_behind_lost_case();
    if (exchange.completed.load() == exchange.count) break;
    process_->send();
  }
  std::vector<OracleOutcome> outcomes;
  for (u32 i = 0; i < exchange.count; ++i) outcomes.push_back(process_->outcome(i));
  return outcomes;
}

OracleOutcome HostRunner::run(const OracleCase& c) {
  start({&c, 1});
  return std::move(finish().front());
}

}  // namespace ringdown::test

#else

namespace ringdown::test {

struct HostRunner::Process {};

HostRunner::HostRunner(std::unique_ptr<Process> process) : process_(std::move(process)) {}
HostRunner::HostRunner(HostRunner&&) noexcept = default;
HostRunner::~HostRunner() = default;

std::filesystem::path HostRunner::helper_beside_this_program() { return {}; }
HostCodeWidth HostRunner::width() const { return HostCodeWidth::Bits32; }
bool HostRunner::can_run(const OracleCase&) const { return false; }
Result<HostRunner> HostRunner::create(const std::filesystem::path&, std::optional<HostCodeWidth>) {
  return Error{"this host cannot run cases: it is no x86-64 with Linux"};
}
void HostRunner::start(std::span<const OracleCase>) {}
std::vector<OracleOutcome> HostRunner::finish() { return {}; }
OracleOutcome HostRunner::run(const OracleCase&) { return {}; }

}  // namespace ringdown::test

#endif
