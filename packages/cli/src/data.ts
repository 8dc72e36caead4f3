import { Command } from "commander";
import { dataArcCommand } from "./data-arc";
import { dataMazeCommand } from "./data-maze";
import { dataSudokuCommand } from "./data-sudoku";

/** `trm data …`: dataset folders in the official layout. */
export const dataCommand = new Command("data")
  .description("build a dataset folder that this library and the official code train on")
  .addCommand(dataSudokuCommand)
  .addCommand(dataMazeCommand)
  .addCommand(dataArcCommand);
