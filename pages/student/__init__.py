"""What is made of the chapters for those who learn and teach: answers, a student edition, assignments."""
