// The program `inlet`.
#include <string>
#include <vector>

#include "app/command_line.hpp"

int main(int count, char** words) {
    return inlet::run_command_line(std::vector<std::string>(words + 1, words + count));
}
